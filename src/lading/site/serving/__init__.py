"""
The HTTP server of the drive.

One loop per worker process reads, answers what is quick and sends; threads do
what may wait.  A connection belongs to the loop or to one thread, never to both.
Bytes are parsed by llhttp; nothing here knows what the drive does.

`intake` turns bytes into requests, `environ` requests into what PEP 3333 asks for, `answer` frames what
comes back, `connection` and `loop` move bytes, `errand` is what threads do, `incoming` and `outgoing` are what is yet to come
of a body and to go of an answer, `worker` is the life of a process, `server` that of all of them.
"""
