import { words } from './function-names.ts'

/** PostGIS and MySQL. Not whatever starts with `st_`: somebody may call a procedure of his own so. */
export const GEOMETRY: readonly string[] = words(`
  3dclosestpoint 3ddfullywithin 3ddistance 3ddwithin 3dextent 3dintersects 3dlength 3dlineinterpolatepoint
  3dlongestline 3dmakebox 3dmaxdistance 3dperimeter 3dshortestline add3ddim addband addmeasure addpoint affine
  angle area areaaspolygon asbinary asencodedpolyline asewkb asewkt asflatgeobuf asgeobuf asgeojson asgml
  ashexewkb asjpeg askml aslatlontext asmarc21 asmvt asmvtgeom aspng asraster astext astiff astwkb aswkb aswkt
  asx3d azimuth band bandmetadata bandnodatavalue bdmpolyfromtext bdpolyfromtext boundary boundingdiagonal
  box2dfromgeohash buffer buildarea centroid chaikinsmoothing cleangeometry clip clipbybox2d closestpoint
  closestpointofapproach clusterdbscan clusterintersecting clusterintersectingwin clusterkmeans clusterwithin
  clusterwithinwin collect collectionextract collectionhomogenize combinebbox concavehull contains
  containsproperly convexhull coorddim count coverageclean coverageinvalidedges coveragesimplify coverageunion
  coveredby covers cpawithin crosses curven curvetoline delaunaytriangles dfullywithin difference dimension
  disjoint distance distance_sphere distancecpa distancesphere distancespheroid dump dumpaspolygons dumppoints
  dumprings dumpsegments dumpvalues dwithin endpoint envelope equals expand extent exteriorring filterbym
  flipcoordinates force2d force3d force3dm force3dz force4d forcecollection forcecurve forcepolygonccw
  forcepolygoncw forcerhr forcesfs frechetdistance fromflatgeobuf generatepoints geogfromtext geogfromwkb
  geographyfromtext geohash geomcollfromtext geometricmedian geometryfromtext geometryn geometrytype geomfromewkb
  geomfromewkt geomfromgeohash geomfromgeojson geomfromgml geomfromkml geomfrommarc21 geomfromtext geomfromtwkb
  geomfromwkb hasarc hasm hasz hausdorffdistance height hexagon hexagongrid interiorringn interpolatepoint
  intersection intersects inversetransformpipeline isclosed iscollection isempty ispolygonccw ispolygoncw isring
  issimple isvalid isvaliddetail isvalidreason isvalidtrajectory largestemptycircle latfromgeohash latitude length
  length2d lengthspheroid letters linecrossingdirection lineextend linefromencodedpolyline linefrommultipoint
  linefromtext linefromwkb lineinterpolatepoint lineinterpolatepoints linelocatepoint linemerge linestringfromwkb
  linesubstring linetocurve locatealong locatebetween locatebetweenelevations longestline longfromgeohash
  longitude m makebox2d makeenvelope makeline makepoint makepointm makepolygon makevalid mapalgebra maxdistance
  maximuminscribedcircle memcollect memsize memunion minconvexhull minimumboundingcircle minimumboundingradius
  minimumclearance minimumclearanceline minkowskisum mlinefromtext mpointfromtext mpolyfromtext multi ndims node
  normalize npoints nrings numbands numcurves numgeometries numinteriorring numinteriorrings numpatches numpoints
  offsetcurve optimalalphashape orderingequals orientedenvelope overlaps patchn perimeter perimeter2d point
  pointatdistance pointfromgeohash pointfromtext pointfromwkb pointinsidecircle pointm pointn pointonsurface
  points pointz pointzm polyfromtext polyfromwkb polygon polygonfromtext polygonize project quantizecoordinates
  reduceprecision relate relatematch removeirrelevantpointsforview removepoint removerepeatedpoints
  removesmallparts reverse rotate rotatex rotatey rotatez scale scroll segmentize setbandnodatavalue
  seteffectivearea setpoint setsrid setvalue setvalues sharedpaths shiftlongitude shortestline simplify
  simplifypolygonhull simplifypreservetopology simplifyvw snap snaptogrid split square squaregrid srid startpoint
  subdivide summary summarystats swapordinates swapxy symdifference symmetricdifference tileenvelope touches
  transform transformpipeline translate transscale triangulatepolygon unaryunion union validate value voronoilines
  voronoipolygons width within wkbtosql wkttosql wrapx x xmax xmin y ymax ymin z zmax zmflag zmin
`).map((name) => `st_${name}`)
