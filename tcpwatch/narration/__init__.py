"""What happens between two ends, in sentences. Knows neither a screen nor a report."""
