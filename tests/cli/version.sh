elman --version | sed 's/[0-9][0-9.]*$/N/'
elman train --version | sed 's/[0-9][0-9.]*$/N/'
