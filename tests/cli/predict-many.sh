# several files: each is answered as if it were the only one, behind its name
. "$CASES/data.sh"
tab=$(printf '\t')
make_series 20
elman train series.tsv --epochs 1 -H 4 -t 1 -q -o s
mkdir in out one
head -7 series.tsv >in/a.tsv
tail -n 5 series.tsv >in/b.tsv
cp series.tsv in/c.tsv
for name in a b c; do
    elman predict s in/$name.tsv | sed "s|^|in/$name.tsv$tab|"
    elman predict s in/$name.tsv --output one/$name.csv
done >each
elman predict s in/*.tsv >all && cmp each all && wc -l <all
elman predict s in/a.tsv in/b.tsv --json | sed -n '1p;9p' | cut -d, -f1,2
cat in/b.tsv | elman predict s in/a.tsv - | cut -f1 | uniq -c

# a file for each
elman predict s in/*.tsv --output 'out/{}.csv'
for name in a b c; do cmp one/$name.csv out/$name.csv; done
elman predict s in/a.tsv --output 'out/{}.json' && wc -l <out/a.json

# one that fails is told, and ends no other
printf 'early\tx\ty\n' >in/bad.tsv
elman predict s in/a.tsv in/none.tsv in/b.tsv >some
echo $? $(cut -f1 some | uniq)
elman predict s in/bad.tsv in/b.tsv --output 'out/{}.jsonl'
echo $? $(ls out/*.jsonl*)
elman predict s in/a.tsv in/b.tsv --quantiles 0.1 in/c.tsv
echo $?

# notes that name no file stand behind the file's name
awk 'BEGIN { print "t,y,x"; for (n = 0; n < 144; n++)
    print n "," (n % 17 ? n * 7 % 13 : "") "," n * 5 % 17 }' >hole.csv
sed 's/,,/,0,/' hole.csv >whole.csv
head -9 whole.csv >short.csv
elman train whole.csv --target y --columns y,x -w 24 --steps 2 -q -o m
elman predict m hole.csv short.csv whole.csv --missing drop | cut -f1 | uniq -c
elman predict m hole.csv whole.csv --missing drop -q 2>&1 | cut -f1 | uniq -c

# numbers as they are; the blank line between sequences has no name
cp "$CASES/../golden/state/lstm_x.npy" x.npy
cp "$CASES/../golden/state/lstm"[._]* .
elman convert lstm.pt n.safetensors --quiet --reference lstm_x.npy lstm_y.npy
printf '1 2 3 4\n\n4 3 2 1\n1 1 1 1\n' >x.txt
elman predict n.safetensors x.npy x.txt | cut -f1 | uniq -c
elman predict n.safetensors x.npy lstm_x.npy --output 'out/{}.npy' && compare out/x.npy out/lstm_x.npy

printf '1 2 3 4\n\n1 2 x 4\n' >half.txt
elman predict n.safetensors half.txt x.txt | cut -f1 | uniq -c

# what cannot be
try() { elman predict "$@"; echo $?; }
try s in/a.tsv in/b.tsv --output out/x.csv
try s in/a.tsv ./in/a.tsv --output 'out/{}.csv'
try s in/a.tsv in/b.tsv --output 'in/{}.tsv'
try m whole.csv hole.csv --output './{}.csv'
try n.safetensors x.npy x.txt --lengths n.npy
try m whole.csv hole.csv --target-file x.npy
