# a score beside what it has to beat, and in words where it does not
. "$CASES/data.sh"
words() { grep -e '^baseline' -e 'no better' | sed 's/MAE [0-9.e+-]*/MAE N/g'; }
make_text 60
elman train text.txt --hidden 8 --embedding 4 --lr 100 --clip-norm none \
    --epochs 3 2>/dev/null | words
elman train text.txt --hidden 32 --embedding 8 --epochs 20 2>/dev/null | words
elman eval text.safetensors text.txt | words

# labels that say nothing
make_series 60
awk -F'\t' '{ sub(/^[a-z]*/, n++ % 3 ? "often" : "seldom"); print }' series.tsv |
    sort >noise.tsv
elman train noise.tsv --hidden 2 --epochs 1 --lr 1e-30 2>/dev/null | words
elman train series.tsv --hidden 8 --lr 0.02 --validation 0.25 \
    --neighbour 0.2 2>/dev/null | words
elman train series.tsv --hidden 2 --epochs 1 --neighbour 0 2>/dev/null | words
elman train text.txt --neighbour 0.1
elman train series.tsv --hidden 8 --lr 0.02 --epochs 40 --json --quiet |
    grep -o '"baseline":{[^}]*}.*'

# a walk that nothing can forecast, and a season of a day
awk 'BEGIN { print "walk"; x = 7; y = 0; for (n = 0; n < 300; n++) {
    x = (x * 1103 + 12345) % 65536; y += x / 65536 - 0.5; print y } }' >walk.csv
elman train walk.csv --hidden 4 --window 8 --epochs 2 --lr 1e-30 \
    --transform none 2>/dev/null | words
make_table
elman train table.csv --target load --columns load --hidden 4 --window 4 --epochs 1 --lr 1e-30 --json \
    --quiet | grep -o '"season":[0-9]*'

elman train table.csv --target load --plan --json |
    grep -o '"season":24}'

# a learning rate, found without writing anything
make_series 60
rm -f ./*.safetensors*
elman train series.tsv --hidden 8 --pool mean --find-lr 2>/dev/null >table
head -2 table | cut -c1-10
grep -c 'try  --lr 0.0*[1-9]: a tenth' table
elman train text.txt --hidden 8 --embedding 4 --find-lr --json |
    grep -c '"suggested":0.'
ls ./*.safetensors* 2>/dev/null || echo nothing written

# a run that came apart is told under --quiet too, in words, and as JSON
awk 'BEGIN { print "month,sales"; for (n = 0; n < 144; n++)
    print n "," 100 + 2 * n + n * 7 % 12 * 9 }' >sales.csv
elman train sales.csv --lr 100 --epochs 3 -q 2>&1 |
    sed 's/[0-9][0-9.e+]*/N/g'
elman train sales.csv --lr 100 --epochs 3 -q --json 2>&1 >out |
    grep -c 'come apart'
elman train sales.csv --seeds 2 --lr 100 --epochs 3 -q
elman train sales.csv --steps 20 -q
