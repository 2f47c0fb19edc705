# an output that is a link stays one
. "$CASES/data.sh"
ints x.npy '(40, 6, 1)' $(awk 'BEGIN { for (n = 0; n < 240; n++) print n * n % 97 }')
ints y.npy '(40, 6, 1)' $(awk 'BEGIN { for (n = 0; n < 240; n++) print n * n % 97 + 3 }')
elman train x.npy --target-file y.npy --task track --hidden 4 --epochs 1 --seed 1 --threads 1 --quiet --output m
mkdir there
for name in answers.npy answers.csv answers.json; do
    elman predict m x.npy --output "whole-$name"
    echo old >"there/$name"
    ln -s "there/$name" "$name"
    elman predict m x.npy --output "$name"
    test -L "$name" && cmp "whole-$name" "there/$name" && echo "$name"
done
ls there
