"""Arrays and kernels: what each device must provide."""
