: >empty.txt
: >empty.csv
: >empty.tsv
printf 'a,b\n1,x\n' >words.csv
printf 'a,b\n1,2\n3\n' >ragged.csv
mkdir folder.csv
printf 'x' >short.txt
for file in empty.txt empty.csv empty.tsv words.csv ragged.csv folder.csv \
    short.txt missing.csv 'new
line.csv'; do
    elman train "$file" --quiet >out 2>err
    echo "$? $(wc -l <err) $(grep -c '^elman: ' err) $(wc -c <out)"
done
ls
