"""What every conversation over HTTPS needs: limits, patience, and failures in words."""
