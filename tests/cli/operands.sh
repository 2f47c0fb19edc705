elman train
echo $?
elman eval model
echo $?
elman train one two
echo $?
elman train -- --one --two
echo $?
elman predict
elman run
elman convert one
elman eval one two three
elman predict one two three
elman verify one two
echo $?
