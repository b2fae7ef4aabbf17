//! May this one do that to this?

use crate::{Action, Context, DecisionError, Principal, Resource, cedar};
use cedar_policy::{Entities, Request};

/// One question to the policies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Question<'a> {
    /// Who asks.
    pub principal: Principal<'a>,
    /// For what.
    pub action: Action,
    /// Of what.
    pub resource: Resource<'a>,
    /// What is known besides.
    pub context: Context<'a>,
}

/// A question in Cedar's words: only the entities that this one question is about.
pub(crate) struct Asked {
    pub(crate) request: Request,
    pub(crate) entities: Entities,
}

impl Question<'_> {
    /// Puts the question into Cedar's words.
    ///
    /// # Errors
    /// The schema knows no such action of such a principal on such a resource.
    pub(crate) fn asked(&self) -> Result<Asked, DecisionError> {
        self.cedar().ok_or(DecisionError::NoSuchQuestion)
    }

    fn cedar(&self) -> Option<Asked> {
        let principal = self.principal.uid();
        let resource = self.resource.uid();
        let action = cedar::action(self.action)?;
        let mut entities = self.resource.entities(resource.clone());
        entities.push(self.principal.entity(principal.clone())?);
        entities.push(action.clone());
        let entities = Entities::from_entities(entities, None).ok()?;
        let context = self.context.cedar(&self.principal, &self.resource)?;
        let request = Request::new(principal, action.uid(), resource, context, Some(cedar::schema())).ok()?;
        Some(Asked { request, entities })
    }
}
