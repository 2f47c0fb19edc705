elman trian data.txt
echo $?
elman frobnicate
