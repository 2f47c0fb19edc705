. "$CASES/data.sh"
make_table 400
elman train table.csv --target load --hidden 12 --epochs 3 --quiet
# every section by its word, and nothing else
for word in flow gates errors attribution units training data exponents \
    contributions fixed-points; do
    elman inspect table.safetensors table.csv --only $word >shown 2>&1 ||
        cat shown
    grep -oE '^(flow|gates|errors|truncation|attribution|units|training|data|exponents|spectrum|fixed-points|contributions)  ' shown
done
# all of it says something, fits the terminal and needs no colours
COLUMNS=60 elman inspect table.safetensors table.csv >all
awk '{ gsub(/[^ -~]/, "x"); if (length($0) > 200) print "long" }' all
grep -c "$(printf '\033')" all
grep -cE '^(fine|NOTE|ALARM)' all | awk '{ print ($1 > 1) }'
elman inspect table.safetensors table.csv --only flow,gate
echo $?
elman inspect table.safetensors table.csv --input zero --only data >/dev/null
echo $?
elman inspect table.safetensors table.csv --input one --only data
echo $?
elman inspect table.safetensors table.csv --text x
echo $?
elman inspect table.safetensors --text x
echo $?
# a run that is cut short before its first evaluation has its last one
make_text 40
elman train text.txt --hidden 8 --embedding 4 --validation 0.2 --seconds 0.2 \
    --epochs 1000000 --evaluate-every 1000000 --quiet 2>/dev/null
elman inspect text.safetensors text.txt --only training |
    sed -n 's/ up to step .*//p'
