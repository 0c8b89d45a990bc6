"""What the dashboard is started on: composed into the app, not inherited from it."""
