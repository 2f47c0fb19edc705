elman train
echo $?
elman eval model
echo $?
elman train one two
echo $?
elman train -- --one --two
