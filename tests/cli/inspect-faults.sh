. "$CASES/data.sh"
first() {
    elman inspect "$@" --json --threads 1 |
        sed -E 's/.*"findings":\[\{"name":"([^"]*)","severity":"([^"]*)".*/\2: \1/'
}
make_table 300
elman train table.csv --target load --hidden 12 --epochs 3 --quiet
# missing and infinite values are named, with where they stand
awk -F, -v OFS=, 'NR == 30 { $3 = "nan" } { print }' table.csv >nan.csv
awk -F, -v OFS=, 'NR == 30 { $3 = "inf" } { print }' table.csv >inf.csv
first table.safetensors nan.csv
elman inspect table.safetensors nan.csv --only data | grep -A 3 ^ALARM
first table.safetensors inf.csv
elman inspect table.safetensors inf.csv --only data | grep -A 3 ^ALARM
# alarms are no failure of the command
elman inspect table.safetensors inf.csv --only data >/dev/null
echo $?
# what is no question of missing values stays an error
echo 'hour,load' >short.csv
elman inspect table.safetensors short.csv
echo $?
# the classes the wrong way round
make_series 60
elman train series.tsv --hidden 12 --quiet
sed -e 's/^early/LATE/; s/^late/early/; s/^LATE/late/' series.tsv >swapped.tsv
first series.safetensors swapped.tsv
# Ctrl-C shows what was measured so far; one that comes before the program
# listens is lost, as the shell has it ignored, and is sent later the next time
for pause in 1 2 4 8; do
    elman inspect table.safetensors --steps 400000 --batch 4 >shown &
    sleep $pause
    kill -INT $! 2>/dev/null
    wait $!
    code=$?
    [ $code = 0 ] || break
done
echo $code
tail -n 1 shown
