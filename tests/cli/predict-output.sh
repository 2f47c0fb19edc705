# answers in a file: a table, records, an array
. "$CASES/data.sh"
make_table 40
elman train table.csv --target load --columns load,heat -w 6 --horizon 3 \
    --epochs 1 -H 4 -t 1 -q --time none --transform none -o m
elman predict m table.csv --output a.csv
head -1 a.csv
wc -l <a.csv
tail -n +2 a.csv | awk -F, 'NR <= 4 || NR > 103 { print $1, $2, $4 }'
elman predict m table.csv --output a.json
wc -l <a.json
head -1 a.json | sed 's/"load":[0-9.-]*/"load":N/'
elman predict m table.csv --output a.npy
head -c 80 a.npy | grep -ao "'shape': ([0-9, ]*)"
elman predict m table.csv --last | tr , '\n' | wc -l
elman predict m table.csv --last --output last.csv
cut -d, -f1,2 last.csv
# classes, quoted where they must be
printf '%s\n' "a,b,\"what, now\"" >tag.csv
awk 'BEGIN { for (n = 0; n < 40; n++)
    print n % 7 "," n % 5 "," (n % 2 ? "\"up, or \"\"on\"\"\"" : "down") }' >>tag.csv
elman train tag.csv --task tag -w 10 --epochs 1 -H 4 -t 1 -q --time none -o t
elman predict t tag.csv --output t.csv
head -1 t.csv
awk -F, 'END { print NR }' t.csv
make_series 20
elman train series.tsv --epochs 1 -H 4 -t 1 -q -o s
elman predict s series.tsv --output s.csv
head -1 s.csv
# what cannot be
try() { elman predict "$@"; echo $?; }
try m table.csv --output a.txt
try m table.csv --output no/such/a.csv
try t tag.csv --last
try m table.csv --steps 5
try m table.csv --last --stream
ls no 2>/dev/null; ls *.csv.* 2>/dev/null
