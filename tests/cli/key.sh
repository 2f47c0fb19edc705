# where a file holds several state dicts, info and predict take the key of one
. "$CASES/data.sh"
cp "$CASES/../golden/torch/several.pt" .
elman info several.pt --key deep.two.best | sed -n '3,9p'
ints x.npy '(2,2)' 1 2 3 4
ints y.npy '(2,3)' 1 2 3 4 5 6
elman predict several.pt x.npy --key deep.two.best | wc -w
elman eval several.pt x.npy y.npy --key deep.two.best | wc -l
ints one.npy '(4,2)' 1 2 3 4 5 6 7 8
elman inspect several.pt one.npy --only flow --key deep.two.best | sed -n '1,2p'
elman predict several.pt x.npy
elman predict several.pt x.npy --key none
