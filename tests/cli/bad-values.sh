try() { elman train text.txt "$@"; echo "$? $*"; }
try --hidden 0
try --hidden 64,x
try --hidden
try --cell foo
try --batch=0
try --batch 1e3
try --dropout 1.5
try --dropout nan
try --lr -1
try --lr 0
try --lr 1e999
try --init gauss
try --init gaussian:x
try --init uniform
try --init-bias constant
try --init normal
try --init orthogonal:0
try --checkpoint-every 5m
try --seed -1
try --seed 9000000000000000001
try --steps 1e15
try --beta1 1
try --resume=yes
try --output=
try --threads 4x
try --validation 1.5
