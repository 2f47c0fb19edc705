# --profile names every layer and activity, and the rows add up to the total
. "$CASES/data.sh"
make_text 40
quick='--hidden 16 --embedding 4 --layers 2 --dropout 0.1 --epochs 1 --quiet'
elman train text.txt $quick --profile >out
cut -c 1-28 out | sed 's/ *$//'
awk '{ line = substr($0, 29); split(line, field, " ") }
    $1 == "all" { print (sum - field[1]) ^ 2 < 0.0004 ? "adds up" : $0 }
    { sum += field[1] }' out
rm text.safetensors*
elman train text.txt $quick --profile --json >out
grep -o '"name":' out | wc -l
rm text.safetensors*
elman train text.txt $quick | wc -l
