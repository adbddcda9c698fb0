# The end-to-end programs and what each is made of. All link with -lhiredis; sources lie in tests/e2e/.
#
#   transcript        plays tests/transcripts/*.txt
#   differential      compares with another server (--oracle PATH)
#   the others        need only the server (--server PATH)

E2E_PROGRAMS := transcript differential boundary slow_reader slow_subscriber many_connections big_value vanish \
                async_client blocking transactions many_readers

E2E_COMMON := bytes resp server tally

E2E_transcript       := transcript script pattern quote $(E2E_COMMON)
E2E_differential     := differential generator shapes vocabulary dice $(E2E_COMMON)
E2E_boundary         := boundary session $(E2E_COMMON)
E2E_slow_reader      := slow_reader $(E2E_COMMON)
E2E_slow_subscriber  := slow_subscriber $(E2E_COMMON)
E2E_many_connections := many_connections $(E2E_COMMON)
E2E_big_value        := big_value $(E2E_COMMON)
E2E_many_readers     := many_readers $(E2E_COMMON)
E2E_vanish           := vanish session $(E2E_COMMON)
E2E_async_client     := async_client $(E2E_COMMON)
E2E_blocking         := blocking dice $(E2E_COMMON)
E2E_transactions     := transactions $(E2E_COMMON)

E2E_LIBS := -lhiredis
