# a forecast by how far ahead it looks, and its last rows as a chart
. "$CASES/data.sh"
make_table 60
elman train table.csv --target load,heat --columns load,heat -w 6 --horizon 3 \
    --epochs 1 -H 4 -t 1 -q --time none --transform none -o m
elman eval m table.csv --plot |
    sed '1,/^horizon/d; /^row/s/  *[●○◉].*/ marks/; s/-\?[0-9][0-9.e-]*[0-9]/N/g
        s/  */ /g' | uniq -c | tr -s ' '
elman eval m table.csv --json | grep -o '"horizon":[0-9],"target":"[a-z]*"'
# the sums are those of predict's answers whose horizon lies in the file
elman predict m table.csv -o a.csv
elman eval m table.csv --json | grep -o '{"horizon":2,"target":"heat",[^}]*' |
    sed 's/.*"mae":\([0-9.]*\).*/\1/' >measured
awk -F, '$2 == 2 && $1 < 60 && $4 != "" && $6 != "" { d = $4 - $6; s += d < 0 ? -d : d; n++ }
    END { print s / n }' a.csv >computed
paste measured computed | awk '{ d = $1 - $2
    print (d < 0.01 && d > -0.01 ? "same" : $0) }'
elman eval m table.csv --plot --confusion >/dev/null
echo $?
make_series 20
elman train series.tsv --epochs 1 -H 4 -t 1 -q -o s
elman eval s series.tsv --plot
echo $?
