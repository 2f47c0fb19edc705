# NaN behind a series is padding: answers are those of the series alone; a hole
# is refused or filled
npy() { # rows, steps, then numbers on standard input, (rows,steps,1)
    header="{'descr': '<f4', 'fortran_order': False, 'shape': ($1, $2, 1), }"
    printf '\223NUMPY\001\000v\000%-117s\n' "$header"
    printf "$(awk '{ printf "%s", $1 == "nan" ? "\\000\\000\\300\\177" : \
        $1 == 0 ? "\\000\\000\\000\\000" : $1 == 1 ? "\\000\\000\\200\\077" : \
        "\\000\\000\\000\\100" }')"
}
numbers_of() { # rows, steps, steps of the odd rows
    awk -v N=$1 -v T=$2 -v S=$3 'BEGIN { for (n = 0; n < N; n++)
        for (t = 0; t < T; t++)
            print (n % 2 && t >= S ? "nan" : (n % 2 ? t % 2 : t % 3)) }'
}
numbers_of 40 9 6 | npy 40 9 >x.npy
{ printf '\223NUMPY\001\000v\000%-117s\n' \
    "{'descr': '|i1', 'fortran_order': False, 'shape': (40,), }"
  for n in 1 2 3 4 5 6 7 8 9 10; do printf '\000\001\000\001'; done; } >y.npy
elman train x.npy --target-file y.npy -t 1 --epochs 30 -H 8 --lr 0.02 -q \
    --validation 0 -o m
elman eval m x.npy --target-file y.npy | head -1 | sed 's/loss [0-9.e-]*/loss N/'
elman predict m x.npy >answers
grep -c nan answers
cut -f1 answers | sort | uniq -c | tr -s ' '
elman predict m x.npy --json | grep -c null
# the short ones alone
for n in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    for t in 0 1 2 3 4 5; do echo $((t % 2)); done
done | npy 20 6 >short.npy
elman predict m short.npy >short
awk 'NR % 2 == 0' answers | cmp - short && echo alone
# a hole
numbers_of 40 9 6 | sed '31s/.*/nan/' | npy 40 9 >hole.npy
for way in '' '--missing previous' '--missing mean'; do
    elman predict m hole.npy $way >filled
    echo $? $(wc -l <filled) $(grep -c nan filled)
done
elman eval m hole.npy --target-file y.npy
echo $?
