"""
The counterpart of a probe: it stands at the new drive's site and answers for what a plain server lets nobody measure.
"""
