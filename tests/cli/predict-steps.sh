# beyond the horizon each forecast is read as if it had come true
. "$CASES/data.sh"
make_table 60
cut -d, -f2 table.csv >load.csv
elman train load.csv -w 6 --horizon 2 --epochs 20 -H 8 -t 1 -q --time none \
    --transform none -o m
elman predict m load.csv --last --steps 7 -o steps.csv
cut -d, -f1,2 steps.csv
elman predict m load.csv --last >two
elman predict m load.csv --last --steps 7 | tr , '\n' >seven
tr , '\n' <two | cmp - seven 2>&1 | grep -c EOF
# as if: the same file with the first two at its end goes on with the third
{ cat load.csv; head -2 seven; } >longer.csv
elman predict m longer.csv --last | tr , '\n' | head -2 >next
sed -n 3,4p seven | paste - next | awk '{ d = $1 - $2
    print (d < 0.001 && d > -0.001 ? "same" : $0) }'
elman predict m load.csv --last --steps 1 | tr , '\n' | wc -l
# an input that is no target has no future
elman train table.csv --target load --columns load,heat -w 6 --epochs 1 -H 4 \
    -t 1 -q --time none -o n
elman predict n table.csv --last --steps 7
echo $?
