// Ground.
