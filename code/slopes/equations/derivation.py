def check_derivation(steps):
    raise NotImplementedError
