/*
 * arff.h: the .arff format of Weka as the archives of series use it.
 *
 *   @relation Slope                        @relation 'Motions'
 *   @attribute att0 numeric                @attribute series relational
 *   @attribute att1 numeric                  @attribute att0 numeric
 *   @attribute target {up,down}              @attribute att1 numeric
 *   @data                                  @end series
 *   1,2,up                                 @attribute activity {walk,run}
 *                                          @data
 *                                          '1,2\n3,4',walk
 *
 * On the left each attribute is a step; on the right the dimensions of a case
 * are separated by "\n" within quotes. The last attribute is the class, or, if
 * it is numeric, the target. Missing values are '?'; words are of any case.
 */
#ifndef DATA_ARFF_H
#define DATA_ARFF_H

#include "data/store.h"

/* Reads all cases of a text, zero-terminated; messages name the line. */
elman_status arff_read(elman_dataset *dataset, char *text,
                       const elman_dataset_config *config);

#endif
