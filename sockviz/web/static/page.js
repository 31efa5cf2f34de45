// The page of a session: opens textual-serve's terminal, gives it the keys, and says why a session is over.
"use strict";
(() => {
  const place = document.getElementById("terminal");
  const address = new URL(place.dataset.socket, location.href);
  address.protocol = address.protocol.replace("http", "ws");
  place.dataset.sessionWebsocketUrl = address.href;

  const LEFT = 4000, FULL = 4004;
  let socket = null;

  const give_keys = () => document.querySelector(".xterm-helper-textarea")?.focus();

  const over = (id, said) => {
    const shown = document.getElementById(id);
    if (said) shown.querySelector("p").textContent = said;
    shown.hidden = false;
    shown.querySelector(".go").focus();
  };

  // The terminal knows no more of its socket than that it is one.
  window.WebSocket = class extends WebSocket {
    constructor(url) {
      super(url);
      socket = this;
      this.addEventListener("message", give_keys, { once: true });
      this.addEventListener("close", (event) => {
        if (event.code === LEFT) location.replace(place.dataset.course);
        else if (event.code === FULL) location.reload();
        else over("ended", event.reason || place.dataset.lost);
      });
    }
    send(data) { // the terminal tells its size also before it is connected, and keys after
      if (this.readyState === WebSocket.OPEN) super.send(data);
    }
  };

  window.addEventListener("focus", give_keys);
  window.addEventListener("keydown", (event) => { // the terminal would keep it from the browser, which has what is to be pasted
    if (event.ctrlKey && !event.altKey && !event.metaKey && event.key.toLowerCase() === "v") event.stopImmediatePropagation();
  }, true);
  document.getElementById("again").addEventListener("click", () => location.reload());
  for (const key of document.querySelectorAll("#keys button")) {
    key.addEventListener("click", () => {
      socket?.send(JSON.stringify(["stdin", JSON.parse(`"${key.dataset.key}"`)]));
      if (key.dataset.types) give_keys();
    });
  }

  // A cell is as large as a letter: the letters are there first.
  const letters = ["16px", "bold 16px", "italic 16px"].map((each) => document.fonts.load(`${each} "Roboto Mono"`));
  Promise.allSettled(letters).then(() => {
    const script = document.createElement("script");
    script.src = place.dataset.script;
    script.addEventListener("load", () => {
      const begin = window.onload; // the terminal's own; where all comes from the browser's cache, the page is yet to load
      window.onload = null;
      begin(new Event("load"));
    });
    script.addEventListener("error", () => over("ended", place.dataset.lost));
    document.head.append(script);
  });
})();
