//! What somebody says they ask for.

use crate::words::words;

words! {
    /// Why rows are asked for. It is recorded, and policies may ask for it; nobody can prove it.
    pub enum Purpose or UnknownPurpose, "a purpose is direct-care, service-planning, population-health, quality, research, operations or subject-access" {
        /// The care of the people whom the data is about.
        DirectCare = "direct-care",
        /// Deciding which services there should be.
        ServicePlanning = "service-planning",
        /// Finding groups of people to whom care should be offered.
        PopulationHealth = "population-health",
        /// Measuring and improving the care that is given.
        Quality = "quality",
        /// Research that an ethics committee has approved.
        Research = "research",
        /// Keeping the lake itself in order.
        Operations = "operations",
        /// Telling a person what is held about them and who has seen it (UK GDPR, article 15).
        SubjectAccess = "subject-access",
    }
}
