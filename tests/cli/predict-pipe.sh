# a pipe is answered line by line, as a file is
. "$CASES/data.sh"
dated() { awk -F, -v OFS=, 'NR == 1 { print "day", $2, $3; next }
    { day = NR - 2; print sprintf("2024-%02d-%02d", 1 + int(day / 28), 1 + day % 28), $2, $3 }'; }
make_table 80
dated <table.csv >days.csv
common='-w 6 --epochs 1 -H 4 -t 1 -q --transform none'
elman train days.csv --target load --columns load,heat $common -o m
elman predict m days.csv >answers
wc -l <answers
same() { cmp - answers && echo "$@"; }
cat days.csv | elman predict m | same piped
# one line at a time, each answered before the next is there
{ head -7 days.csv; sleep 0.5; sed -n 8p days.csv; sleep 0.5; } |
    elman predict m | head -2 | cmp - answers 2>&1 | grep -c EOF
sed 's/$/\r/' days.csv | elman predict m | same line ends of Windows
tr '\n' '\r' <days.csv | elman predict m | same line ends of old Macs
sed 'G' days.csv | elman predict m | same blank lines
{ echo '# made by hand'; cat days.csv; echo; echo 'Source: the office'; } |
    elman predict m | same remarks
awk -F, -v OFS=, '{ print $3, $1, $2 }' days.csv | elman predict m | same shuffled
# no line is read in the wrong place, and none left out without a word
try() { elman predict "$@" >out; echo $? $(wc -l <out); }
{ head -1 days.csv; tail -n +2 days.csv | tac; } | try m
awk 'NR == 30 { kept = $0; next } { print } NR == 31 { print kept }' days.csv |
    try m
{ head -40 days.csv; sed -n 20p days.csv; } | try m
sed '50s/,[0-9.]*,/,many,/' days.csv | try m
sed '50s/,[0-9.]*,/,,/' days.csv | try m
sed '50s/,[0-9.]*,/,,/' days.csv | try m --missing previous
sed '50s/,[0-9.]*,/,,/' days.csv | try m --missing drop
elman predict m --missing drop <days.csv | same nothing to drop
sed '50s/,[0-9.]*,/,,/' days.csv >hole.csv
elman predict m hole.csv --missing drop | cmp - out && echo dropped
cut -d, -f1,2 days.csv | try m
head -3 days.csv | try m
: | try m
# rows of their own
elman train days.csv --task track --target heat --columns load $common -o t
elman train days.csv --task track --target heat --columns load $common \
    --bidirectional -o both
for model in t both; do
    elman predict $model days.csv >answers
    cat days.csv | elman predict $model | same each row
    elman predict $model hole.csv --missing drop >answers
    cat hole.csv | elman predict $model --missing drop | same each row but one
done
# several series, and an array, are read to the end
sed '1s/^/shop,/; 2,$s/^/north,/' days.csv >shops.csv
tail -n +2 days.csv | sed 's/^/south,/' >>shops.csv
elman train shops.csv --by shop --target load --columns load,heat $common -o by
elman predict by shops.csv >answers
cat shops.csv | elman predict by | same several series
cut -f1 answers | sort | uniq -c | tr -s ' '
# series: the first tells whether there are labels
awk 'BEGIN { for (n = 0; n < 40; n++) { line = n % 2
    for (t = 0; t < 5 + n % 3; t++) line = line "," (n % 2 ? t : 5 - t) ".5"
    print line } }' >series.csv
elman train series.csv --format series --epochs 1 -H 4 -t 1 -q -o s
elman predict s series.csv --format series >answers
cat series.csv | elman predict s | same labelled
cat series.csv | elman predict s --labels | same labels that are said
cut -d, -f2- series.csv | elman predict s --no-labels | same none
cut -d, -f2- series.csv | elman predict s | same none
sed 's/^./?/' series.csv | elman predict s | same open
sed '3s/,/,x/' series.csv | try s
