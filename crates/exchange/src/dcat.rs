//! DCAT-AP 3.0, with what HealthDCAT-AP asks for besides, as JSON-LD with its context inside.
//!
//! A table is a dataset, and has one distribution, which points to the page where access is asked for. Where a table
//! lies, and what its partitions are called, is not told. The same catalogue gives the same bytes.

mod graph;
mod terms;

use crate::{
    arrow_type::ArrowType,
    catalogue::{About, Agent, Catalogue, Column, Database, Period, Table, TableRef, day},
};
use graph::{Graph, address, encoded, number, reference, typed};
use serde_json::{Map, Value, json};

/// The catalogue as a JSON-LD document.
#[must_use]
pub fn document(catalogue: &Catalogue) -> Value {
    let about = &catalogue.about;
    let mut writer = Writer { about, language: language(about), graph: Graph::default() };
    writer.shared();
    let mut datasets = Vec::new();
    for database in &catalogue.databases {
        for table in &database.tables {
            datasets.push(reference(&writer.dataset(catalogue, database, table)));
        }
    }
    writer.catalogue(catalogue, datasets);
    json!({ "@context": terms::context(), "@graph": writer.graph.into_nodes() })
}

/// What DCAT-AP and HealthDCAT-AP ask for and [`About`] does not say, or says otherwise than they read it: the names
/// of the settings. Descriptions are written all the same, without these.
#[must_use]
pub fn wanting(about: &About) -> Vec<&'static str> {
    let all =
        |addresses: &[String]| !addresses.is_empty() && addresses.iter().all(|one| address(one).is_some());
    let body = about.access_body.as_ref();
    let said = [
        ("address", address(&about.address).is_some()),
        ("title", !about.title.is_empty()),
        ("description", !about.description.is_empty()),
        ("publisher", is_agent(&about.publisher)),
        ("publisher_type", about.publisher_type.as_deref().and_then(address).is_some()),
        ("contact", !about.contact.email.is_empty() && address(&about.contact.page).is_some()),
        ("access_page", address(&about.access_page).is_some()),
        ("access_body", body.is_none_or(is_agent)),
        ("languages", about.languages.iter().all(|language| terms::language(language).is_some())),
        ("spatial", all(&about.spatial)),
        ("legislation", all(&about.legislation)),
        ("purposes", all(&about.purposes)),
        ("health_categories", all(&about.health_categories)),
        ("health_themes", all(&about.health_themes)),
        ("provenance", !about.provenance.is_empty()),
        ("sample_page", about.sample_page.as_deref().and_then(address).is_some()),
    ];
    said.iter().filter(|(_, said)| !said).map(|(name, _)| *name).collect()
}

fn is_agent(agent: &Agent) -> bool {
    !agent.name.is_empty() && !agent.email.is_empty() && address(&agent.homepage).is_some()
}

fn language(about: &About) -> String {
    about.languages.first().map_or_else(|| "en".to_owned(), Clone::clone)
}

struct Writer<'a> {
    about: &'a About,
    /// Of titles and descriptions.
    language: String,
    graph: Graph,
}

impl Writer<'_> {
    /// The name of something of the catalogue's own.
    fn own(&self, name: &str) -> String {
        format!("{}#{name}", self.about.address)
    }

    fn text(&self, text: &str) -> Value {
        if text.is_empty() { Value::Null } else { json!({ "@value": text, "@language": self.language }) }
    }

    fn catalogue(&mut self, catalogue: &Catalogue, datasets: Vec<Value>) {
        let about = self.about;
        let told = json!({
            "dct:title": self.text(&about.title),
            "dct:description": self.text(&about.description),
            "dct:publisher": reference(&self.own("publisher")),
            "dct:language": self.languages(),
            "dct:spatial": addresses(&about.spatial),
            "dct:modified": catalogue.published().map(|at| typed("dateTime", &at.to_string())),
            "dct:rights": reference(&self.own("rights")),
            "foaf:homepage": address(&about.access_page).map(|page| reference(&page)),
            "dcat:themeTaxonomy": reference(terms::THEMES),
            "dcatap:applicableLegislation": addresses(&about.legislation),
            "dcat:dataset": datasets,
        });
        self.graph.put(&about.address, "dcat:Catalog", told);
    }

    /// What many datasets point to.
    fn shared(&mut self) {
        let about = self.about;
        self.agent("publisher", &about.publisher);
        let publisher = json!({
            "healthdcatap:publisherType": about.publisher_type.as_deref().and_then(address).map(|to| reference(&to)),
            "healthdcatap:publisherNote": self.text(&about.description),
            "healthdcatap:trustedDataHolder": typed("boolean", &about.trusted_data_holder.to_string()),
        });
        self.graph.put(&self.own("publisher"), "foaf:Agent", publisher);
        if let Some(body) = &about.access_body {
            self.agent("access-body", body);
        }
        let contact = json!({
            "vcard:fn": about.contact.name,
            "vcard:hasEmail": mail(&about.contact.email),
            "vcard:hasURL": address(&about.contact.page).map(|page| reference(&page)),
        });
        self.graph.put(&self.own("contact"), "vcard:Kind", contact);
        let provenance = json!({ "rdfs:label": self.text(&about.provenance) });
        self.graph.put(&self.own("provenance"), "dct:ProvenanceStatement", provenance);
        let rights = "Not public. Access is asked for at the access page, and given by policy.";
        let rights = json!({ "rdfs:label": { "@value": rights, "@language": "en" } });
        self.graph.put(&self.own("rights"), "dct:RightsStatement", rights);
        self.pages();
        terms::put_shared(&mut self.graph);
    }

    /// Addresses that the standards want to know the kind of.
    fn pages(&mut self) {
        let about = self.about;
        let lists = [
            (&about.legislation, "eli:LegalResource"),
            (&about.spatial, "dct:Location"),
            (&about.purposes, "dpv:Purpose"),
        ];
        for (addresses, kind) in lists {
            for address in addresses.iter().filter_map(|one| address(one)) {
                self.graph.put(&address, kind, json!({}));
            }
        }
        for language in about.languages.iter().filter_map(|language| terms::language(language)) {
            self.graph.put(&language, "dct:LinguisticSystem", json!({}));
        }
        for page in [Some(&about.access_page), about.sample_page.as_ref()].into_iter().flatten() {
            if let Some(page) = address(page) {
                self.graph.put(&page, "rdfs:Resource", json!({}));
                self.graph.put(&page, "foaf:Document", json!({}));
            }
        }
    }

    fn agent(&mut self, name: &str, agent: &Agent) {
        let homepage = address(&agent.homepage);
        if let Some(page) = &homepage {
            self.graph.put(page, "foaf:Document", json!({}));
        }
        let told = json!({
            "foaf:name": self.text(&agent.name),
            "foaf:homepage": homepage.map(|page| reference(&page)),
            "foaf:mbox": mail(&agent.email),
        });
        self.graph.put(&self.own(name), "foaf:Agent", told);
    }

    fn languages(&self) -> Vec<Value> {
        self.about
            .languages
            .iter()
            .filter_map(|one| terms::language(one))
            .map(|one| reference(&one))
            .collect()
    }

    /// Puts a table; gives back its name.
    fn dataset(&mut self, catalogue: &Catalogue, database: &Database, table: &Table) -> String {
        let about = self.about;
        let place = TableRef { database: database.name.clone(), table: table.name.clone() };
        let name = self.dataset_name(&place);
        let title = format!("{}.{}", database.name, table.name);
        let described = if table.description.is_empty() { &title } else { &table.description };
        let mut keywords = vec!["FHIR".to_owned(), table.kind.clone()];
        keywords.extend(table.tags.iter().cloned());
        let body = if about.access_body.is_some() { "access-body" } else { "publisher" };
        let known = |from: &&TableRef| **from != place && holds(catalogue, from);
        let sources: Vec<Value> =
            table.made_from.iter().filter(known).map(|from| reference(&self.dataset_name(from))).collect();
        let told = json!({
            "dct:identifier": typed("anyURI", &name),
            "dct:title": self.text(&title),
            "dct:description": self.text(described),
            "dcat:keyword": keywords.iter().map(|word| self.text(word)).collect::<Vec<_>>(),
            "dcat:version": table.version.to_string(),
            "dct:modified": typed("dateTime", &table.published.to_string()),
            "dct:language": self.languages(),
            "dct:publisher": reference(&self.own("publisher")),
            "dcat:contactPoint": reference(&self.own("contact")),
            "dct:accessRights": reference(terms::NON_PUBLIC),
            "dct:type": reference(terms::PERSONAL_DATA),
            "dcat:theme": reference(terms::HEALTH),
            "dct:spatial": addresses(&about.spatial),
            "dct:temporal": table.covers.map(period),
            "dct:provenance": reference(&self.own("provenance")),
            "dct:source": sources,
            "dcatap:applicableLegislation": addresses(&about.legislation),
            "dpv:hasPurpose": addresses(&about.purposes),
            "healthdcatap:hdab": reference(&self.own(body)),
            "healthdcatap:healthCategory": addresses(&about.health_categories),
            "healthdcatap:healthTheme": addresses(&about.health_themes),
            "healthdcatap:numberOfRecords": number(table.rows),
            "healthdcatap:numberOfUniqueIndividuals": table.persons.map(number),
            "healthdcatap:hasVariables": self.variables(&title, table),
            "dcat:distribution": reference(&self.distribution(&name, &title, table)),
            "adms:sample": self.sample(&name),
        });
        self.graph.put(&name, "dcat:Dataset", told);
        name
    }

    fn dataset_name(&self, place: &TableRef) -> String {
        let start = self.about.address.trim_end_matches('/');
        format!("{start}/{}/{}", encoded(&place.database), encoded(&place.table))
    }

    fn distribution(&mut self, dataset: &str, title: &str, table: &Table) -> String {
        let name = format!("{dataset}#delta");
        let told = json!({
            "dct:title": self.text(&format!("{title} as a Delta table")),
            "dct:description": { "@value": "Parquet files under a Delta log.", "@language": "en" },
            "dcat:accessURL": address(&self.about.access_page).map(|page| reference(&page)),
            "dct:format": reference(terms::PARQUET),
            "dcat:mediaType": reference(terms::PARQUET_MEDIA),
            "dcat:byteSize": number(table.bytes),
            "dct:modified": typed("dateTime", &table.published.to_string()),
            "dct:rights": reference(&self.own("rights")),
            "dcatap:applicableLegislation": addresses(&self.about.legislation),
        });
        self.graph.put(&name, "dcat:Distribution", told);
        name
    }

    fn sample(&mut self, dataset: &str) -> Option<Value> {
        let page = address(self.about.sample_page.as_deref()?)?;
        let name = format!("{dataset}#sample");
        self.graph.put(&name, "dcat:Distribution", json!({ "dcat:accessURL": reference(&page) }));
        Some(reference(&name))
    }

    /// The columns, in the words of CSV on the Web, as HealthDCAT-AP has them.
    fn variables(&self, title: &str, table: &Table) -> Option<Value> {
        let columns: Vec<Value> =
            table.columns.iter().zip(1_u64..).map(|(column, at)| self.variable(column, at)).collect();
        let told = json!({ "@type": "csvw:Table", "dct:title": self.text(title), "csvw:column": columns });
        (!table.columns.is_empty()).then(|| json!({ "@type": "csvw:TableGroup", "csvw:table": told }))
    }

    fn variable(&self, column: &Column, at: u64) -> Value {
        let mut told = Map::new();
        told.insert("@type".to_owned(), json!("csvw:Column"));
        told.insert("csvw:number".to_owned(), number(at));
        told.insert("csvw:name".to_owned(), json!(column.name));
        told.insert("csvw:titles".to_owned(), self.text(&column.name));
        told.insert("csvw:datatype".to_owned(), json!(datatype(&column.data_type)));
        told.insert("csvw:required".to_owned(), typed("boolean", &(!column.nullable).to_string()));
        if !column.description.is_empty() {
            told.insert("dct:description".to_owned(), self.text(&column.description));
        }
        Value::Object(told)
    }
}

fn holds(catalogue: &Catalogue, table: &TableRef) -> bool {
    let of = |database: &&Database| database.name == table.database;
    let mut tables = catalogue.databases.iter().filter(of).flat_map(|database| &database.tables);
    tables.any(|held| held.name == table.table)
}

fn addresses(list: &[String]) -> Vec<Value> {
    list.iter().filter_map(|one| address(one)).map(|one| reference(&one)).collect()
}

fn mail(email: &str) -> Option<Value> {
    address(&format!("mailto:{email}")).filter(|_| email.contains('@')).map(|to| reference(&to))
}

fn period(period: Period) -> Value {
    json!({
        "@type": "dct:PeriodOfTime",
        "dcat:startDate": typed("date", &day(period.start)),
        "dcat:endDate": period.end.map(|end| typed("date", &day(end))),
    })
}

/// The datatype of CSV on the Web that a column has; what is nested is JSON there.
fn datatype(words: &str) -> &'static str {
    match words.parse() {
        Ok(ArrowType::Boolean) => "boolean",
        Ok(ArrowType::Int(8)) => "byte",
        Ok(ArrowType::Int(16)) => "short",
        Ok(ArrowType::Int(32)) => "int",
        Ok(ArrowType::Int(_)) => "long",
        Ok(ArrowType::UInt(_)) => "nonNegativeInteger",
        Ok(ArrowType::Float(64)) => "double",
        Ok(ArrowType::Float(_)) => "float",
        Ok(ArrowType::Decimal { .. }) => "decimal",
        Ok(ArrowType::Binary) => "base64Binary",
        Ok(ArrowType::Date) => "date",
        Ok(ArrowType::Timestamp { zoned: true }) => "dateTimeStamp",
        Ok(ArrowType::Timestamp { zoned: false }) => "dateTime",
        Ok(ArrowType::List(_) | ArrowType::Struct(_) | ArrowType::Map(..)) => "json",
        Ok(ArrowType::Text | ArrowType::Other(_)) | Err(_) => "string",
    }
}
