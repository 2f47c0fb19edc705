# how a file is written is said by the same options to every command that reads
# data, and messages name them
. "$CASES/data.sh"
make_table 60
elman train table.csv --target load --columns load,heat -w 6 --epochs 1 -H 4 \
    -t 1 -q --time none --transform none -o m
try() { echo "$@"; elman "$@" >out; echo $? $(wc -l <out); }
tr , ';' <table.csv | sed 's/\./,/g' >semicolons.txt
for command in eval predict 'inspect --only data'; do
    try $command m semicolons.txt --format table
    try $command m table.csv --header
    try $command m - --format table <table.csv
    try $command m table.csv --header --no-header
    try $command m table.csv --decimal ,,
    try $command m table.csv --decimal , --thousands ,
    try $command m table.csv --format xls
    try $command m table.csv --labels
    try $command m table.csv --channels-first
    try $command m table.csv --by nothing
done
# a hole
sed '20s/,[^,]*,/,,/' table.csv >hole.csv
for way in refuse drop previous; do
    try eval m hole.csv --missing $way
    try predict m hole.csv --missing $way
done
