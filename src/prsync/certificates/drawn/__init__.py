"""The certificate's page, drawn from its facts."""
