"""Small lessons for tests of the screen: the calls matter, not the prose."""

#: The server sleeps in accept; then a client comes, speaks and leaves. Eight calls.
TALK = """---
title: A short talk
summary: One word in one direction
---

## The server

It waits.

```python @server
s = socket.socket()
s.bind((HOST, PORT))
s.listen(1)
conn, peer = s.accept()
```

---

## The client

It comes.

```python @client
c = socket.socket()
c.connect((HOST, PORT))
n = c.send(b"hello")
```

```python @server
data = conn.recv(100)
```

```expect
server.data == b"hello"
```
"""

#: The same to its end: whose connection waits, and for what, is named when the lab is the machine's own.
GOODBYE = (
    TALK
    + """
---

## The end

```python @client
c.close()
```

```python @server
conn.close()
```
"""
)
