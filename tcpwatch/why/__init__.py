"""What each word on the screen means and why it is so. Pure, but for the catalogs of languages that it reads."""
