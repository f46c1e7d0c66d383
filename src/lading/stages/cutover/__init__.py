"""
The way back after a switch, without losing what people did meanwhile.

At the switch both drives are written down (`marking`).  From then on changes of NEW are journaled, their contents kept
(`journaling`).  `planning` decides, `performing` carries later work into OLD, `proving` shows that OLD is whole.  Nothing
here overwrites or deletes anything in OLD that is not kept there under another name or as a version.
"""
