# a table is forecast better than by its last value; a pipe is answered row by
# row
. "$CASES/data.sh"
make_table
elman train table.csv --target load --columns load,heat --window 12 \
    --hidden 16 --epochs 30 --lr 0.01 --quiet --json |
    sed 's/.*"mae":\([0-9.]*\).*"naive_mae":\([0-9.]*\).*/\1 \2/' |
    awk '{ print ($1 < $2 / 2 ? "better" : "worse") }'
elman eval table.safetensors table.csv | awk 'NR > 2 { print $1, NF }'
elman predict table.safetensors table.csv | wc -l
elman predict table.safetensors table.csv >file
elman predict table.safetensors <table.csv >pipe
cut -d, -f2,3 table.csv | tail -n +2 | elman predict table.safetensors >bare
cmp file pipe && cmp file bare && echo equal
elman predict table.safetensors --stream <table.csv | wc -l
elman predict table.safetensors --json <table.csv | sed -n "1s,[0-9.]\+,N,p"
head -5 table.csv | elman predict table.safetensors
cut -d, -f1,2 table.csv | elman predict table.safetensors
echo $?
printf '1,2,3\n' | elman predict table.safetensors
echo $?
printf 'load,heat\n1,2\n1\n' | elman predict table.safetensors
echo $?
printf 'load,heat\n1,2\n1,\n' | elman predict table.safetensors
echo $?
