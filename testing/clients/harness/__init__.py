"""What every client test needs: the server under test, accounts, and clients that hide nothing."""
