elman
