"""The laboratory's front end over HTTP: REST, jobs and the page, on the use cases of `app`."""
