# runs that go on from something: refusals in the words of the options, and
# --init-from with --freeze
. "$CASES/data.sh"
make_table 120
options='--hidden 8 --window 6 --target load --columns load,heat --epochs 2 --quiet'
elman train table.csv $options -o m.safetensors >/dev/null
again() { elman train table.csv $options -o m.safetensors --resume "$@" >/dev/null; echo $? "$@"; }
again --optimizer sgd
again --seed 2
again --hidden 9
again --cell lstm
again --bidirectional
again --layers 2
again --fresh-state
again --transform none
again --transform difference
again --missing previous
again --epochs 3 --lr 0.01 --clip-norm none --patience 5 --freeze fc

# one more row: no checkpoint fits, but the weights do
cp m.safetensors before
make_table 121
again
elman train table.csv --window 6 --target load --columns load,heat --epochs 1 \
    -o n.safetensors --init-from m.safetensors --freeze rnn --lr 1e-30 >out 2>&1
grep begun out
elman info n.safetensors | grep -c 'GRU 8'

# what cannot begin so
from() { elman train table.csv --window 6 --target load --epochs 1 --quiet \
    --init-from "$@" >/dev/null; echo $?; }
from m.safetensors --columns hour,load,heat
from m.safetensors --columns load,heat --hidden 9
from m.safetensors --columns load,heat --hidden 8 --layers 2
from m.safetensors --columns load,heat --freeze nothing
from nothing
from m.safetensors --columns load,heat --freeze rnn,fc

# classes and tokens are matched by name: a model that knows them in another
# order answers alike
make_series 40
elman train series.tsv --hidden 8 --epochs 30 --lr 0.02 -o s.safetensors --quiet >/dev/null
sed 's/^late/a-late/' series.tsv >other.tsv
elman train other.tsv --epochs 1 --lr 1e-30 -o o.safetensors \
    --init-from s.safetensors 2>&1 | grep -e begun -e anew
make_text 20
elman train text.txt --hidden 8 --embedding 4 --epochs 1 -o t.safetensors --quiet >/dev/null
sed '4s/lazy dog/dog lazy/' text.txt >turned.txt # as many of the same tokens
elman train turned.txt --hidden 8 --embedding 4 --epochs 2 -o t.safetensors --resume \
    >/dev/null; echo $?
sed 's/jumps/JUMPS/' text.txt >upper.txt
elman train upper.txt --epochs 1 --init-from t.safetensors 2>&1 |
    grep -e begun -e anew

# so are inputs: the same columns in another order, some, and none of them
awk 'BEGIN { print "a,b,y"; for (n = 0; n < 300; n++)
    print n * 7 % 13 "," n * 5 % 17 "," 3 * (n * 7 % 13) }' >aby.csv
awk -F, -v OFS=, '{ print $2, $1, $3 }' aby.csv >bay.csv
sed '1s/b/c/' aby.csv >acy.csv
sed '1s/.*/u,v,y/' aby.csv >uvy.csv
table='--task track --target y --window 8 --time none'
elman train aby.csv $table --hidden 8 --lr 0.02 --steps 300 --quiet -o y.safetensors
elman eval y.safetensors aby.csv | head -1
for file in bay acy uvy; do
    elman train $file.csv $table --steps 1 --lr 1e-30 -o z.safetensors \
        --init-from y.safetensors 2>&1 >out | grep -e '--init' -e '^the inputs'
    [ $file = acy ] || elman eval z.safetensors $file.csv | head -1
done
