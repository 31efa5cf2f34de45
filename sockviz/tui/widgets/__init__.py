"""What stands around the stage: the lesson's text, titles, keys, panels that open over it."""
