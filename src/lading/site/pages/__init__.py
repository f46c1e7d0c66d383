"""
The few pages of the drive: what it is, the first sign-in, a link, an error.

Made on the server, in Chinese and English, without a script; no file of a
person is ever shown as a page of ours.
"""
