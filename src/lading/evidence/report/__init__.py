"""
What happened, from the state folder of a job: as one HTML page and as JSON.

`facts` reads, `verdict` decides, `page` and `document` show, `write` puts it all into a folder.
Nothing here believes a sum that it can add up itself.
"""
