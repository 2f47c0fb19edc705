# arrays: y (N,T,1) is the running sum of x (N,T); answers go to a file
npy() { # shape, then bytes of float32 in the printf of this shell
    header="{'descr': '<f4', 'fortran_order': False, 'shape': ($1), }"
    printf '\223NUMPY\001\000v\000%-117s\n' "$header"
}
ones() { # so many of 0.0 or 1.0, by a rule; sums as small floats
    awk -v N=24 -v T=6 -v sums="$1" 'BEGIN {
        split("\\000\\000\\000\\000 \\000\\000\\200\\077 \\000\\000\\000\\100 \\000\\000\\100\\100 \\000\\000\\200\\100 \\000\\000\\240\\100 \\000\\000\\300\\100", f, " ")
        for (n = 0; n < N; n++) { s = 0
            for (t = 0; t < T; t++) { b = int((n * 5 + t * 3 + n * t) / 2) % 2; s += b
                printf "%s", f[1 + (sums ? s : b)] } } }'
}
{ npy '24, 6'; printf "$(ones 0)"; } >x.npy
{ npy '24, 6, 1'; printf "$(ones 1)"; } >y.npy
elman train x.npy --target-file y.npy --task track --cell rnn --hidden 8 --epochs 60 \
    --lr 0.02 --quiet --json | grep -o '"task":"[a-z]*"'
elman predict x.safetensors x.npy --output answers.npy
head -c 128 answers.npy | tail -c 118 | tr -s ' '
elman predict x.safetensors x.npy | sed -n 1,6p | awk '{ print NF }' | sort | uniq -c | tr -s ' '
elman eval x.safetensors x.npy --target-file y.npy | awk 'NR > 2 { print $1, NF }'
elman predict x.safetensors --output y.npy </dev/null
echo $?
