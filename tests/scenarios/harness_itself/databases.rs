use harness::database::TestDatabase;
use harness::{Backend, on_both_databases};
use sea_orm::{ConnectionTrait, DatabaseConnection};

/// A world of nothing but its database.
struct World {
    database: TestDatabase,
}

impl World {
    async fn start(backend: Backend) -> Self {
        Self {
            database: TestDatabase::migrated(backend).await,
        }
    }

    async fn finish(self) {
        self.database.finish().await;
    }
}

async fn organizations(connection: &DatabaseConnection) -> usize {
    let rows = connection.query_all_raw(sea_orm::Statement::from_string(
        connection.get_database_backend(),
        "SELECT 1 FROM organization",
    ));
    rows.await.unwrap().len()
}

on_both_databases! {
    async fn a_database_is_migrated_and_empty(world: &World) {
        let connection = world.database.connect().await;
        assert_eq!(organizations(&connection).await, 0);
        connection.close().await.unwrap();
    }

    async fn databases_do_not_see_each_other(world: &World) {
        let other = TestDatabase::migrated(world.database.backend()).await;
        let (connection, beside) = (world.database.connect().await, other.connect().await);
        connection.execute_unprepared("CREATE TABLE only_here (id INTEGER)").await.unwrap();
        assert!(beside.execute_unprepared("SELECT id FROM only_here").await.is_err());
        connection.close().await.unwrap();
        beside.close().await.unwrap();
        other.finish().await;
    }

    async fn an_empty_database_has_no_tables(world: &World) {
        let empty = TestDatabase::empty(world.database.backend()).await;
        let connection = empty.connect().await;
        assert!(connection.execute_unprepared("SELECT 1 FROM organization").await.is_err());
        connection.close().await.unwrap();
        empty.finish().await;
    }
}

#[tokio::test]
async fn a_postgres_database_goes_away_and_comes_back() {
    let database = TestDatabase::migrated(Backend::Postgres).await;
    let connection = database.connect().await;
    database.refuse_connections().await;
    assert!(connection.execute_unprepared("SELECT 1").await.is_err());
    database.accept_connections().await;
    assert_eq!(organizations(&database.connect().await).await, 0);
    database.finish().await;
}
