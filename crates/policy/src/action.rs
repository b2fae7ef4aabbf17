//! What can be asked for: each command and route of today that touches a lake.

use crate::words::words;

words! {
    /// One thing that somebody may do.
    pub enum Action or UnknownAction, "no action has this name" {
        /// Get a token to send with. Of the lake.
        TokenGet = "token.get",
        /// Create a resource. Of a resource type in a source.
        FhirCreate = "fhir.create",
        /// Update a resource. Of a resource type in a source.
        FhirUpdate = "fhir.update",
        /// Learn what became of a submission. Of a source.
        ReceiptRead = "receipt.read",
        /// See rows. Of a table or a column.
        SqlQuery = "sql.query",
        /// See which tables there are. Of the lake.
        CatalogList = "catalog.list",
        /// See a table's columns and counts. Of a table.
        CatalogShow = "catalog.show",
        /// Write down a table that lies outside, or take it out again. Of that table.
        CatalogCreate = "catalog.create",
        /// Say who answers for a table, what it and its columns mean, how near to persons it is. Of that table.
        CatalogDescribe = "catalog.describe",
        /// Load a list that is about nobody, from a file. Of its table.
        ReferenceLoad = "reference.load",
        /// Tell the catalogue to another one. Of the lake.
        CatalogSync = "catalog.sync",
        /// See what providers send, in counts, and what has changed in it. Of the lake.
        FeedRead = "feed.read",
        /// Judge what providers send, and see to what was found. Of the lake.
        FeedJudge = "feed.judge",
        /// See which marts there are. Of the lake.
        MartList = "mart.list",
        /// See which views are registered. Of the lake.
        ViewList = "view.list",
        /// See which connections to the outside there are, without their secrets. Of the lake.
        ConnectionList = "connection.list",
        /// Add, change, test or remove a connection to the outside. Of the lake.
        ConnectionChange = "connection.change",
        /// See which crawlers there are, and what they found. Of the lake.
        CrawlerList = "crawler.list",
        /// Add, change or remove a crawler. Of the lake.
        CrawlerChange = "crawler.change",
        /// See jobs and their runs. Of a kind of job.
        JobList = "job.list",
        /// Take in files. Of a source.
        Import = "import",
        /// Build a mart. Of its schema.
        MartBuild = "mart.build",
        /// Keep a folder of models as a mart, or keep it no longer. Of its schema.
        MartRegister = "mart.register",
        /// Let a mart's models put their rows through programs. Of its schema.
        MartProgram = "mart.program",
        /// Run a job, try it again, end it, or let it rest. Of a kind of job.
        JobRun = "job.run",
        /// Keep a view as a table. Of that table.
        ViewRegister = "view.register",
        /// Keep it no longer. Of that table.
        ViewRemove = "view.remove",
        /// Start the service. Of the lake.
        Serve = "serve",
        /// See which keys there are. Of a key.
        KeyList = "key.list",
        /// Restore a key from shares. Of that key.
        KeyRecover = "key.recover",
        /// Give a process its keys. Of that process's.
        KeyGive = "key.give",
        /// Read the audit trail.
        AuditQuery = "audit.query",
        /// Prove the audit trail.
        AuditVerify = "audit.verify",
        /// Let old records of the audit trail go.
        AuditRetain = "audit.retain",
        /// Register a provider. Of its account.
        ProviderAdd = "provider.add",
        /// Refuse a provider from now on. Of its account.
        ProviderDisable = "provider.disable",
        /// See which providers there are. Of the lake.
        ProviderList = "provider.list",
        /// Give a provider another credential, take one back, or say anew what it may do and from where. Of its account.
        ProviderChange = "provider.change",
        /// Take or refuse an outside issuer's tokens. Of the lake.
        IssuerChange = "issuer.change",
        /// See which outside issuers there are. Of the lake.
        IssuerList = "issuer.list",
        /// Add, change or remove people and groups. Of the lake.
        UserChange = "user.change",
        /// See which people and groups there are. Of the lake.
        UserList = "user.list",
        /// Keep the people and groups of one's own. Of the lake.
        UserProvision = "user.provision",
        /// Let a directory keep people and groups, or refuse it. Of the lake.
        DirectoryChange = "directory.change",
        /// See which directories there are. Of the lake.
        DirectoryList = "directory.list",
        /// Change the lake's own policies. Of the lake.
        PolicySet = "policy.set",
        /// List, check and explain policies. Of the lake.
        PolicyRead = "policy.read",
        /// See who may do what. Of the lake.
        AccessReport = "access.report",
        /// Sign off a review of who may do what. Of the lake.
        AccessReview = "access.review",
        /// Act in a role for a time. Of the role.
        RoleAssume = "role.assume",
    }
}
