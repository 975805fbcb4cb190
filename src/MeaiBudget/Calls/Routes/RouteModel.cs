namespace MeaiBudget;

/// <summary>One model behind a route.</summary>
/// <param name="Id">The provider's id; null if it is unknown.</param>
/// <param name="WrittenId">The id in the form for logs and metrics.</param>
/// <param name="Target">The target of estimates.</param>
internal sealed record RouteModel(string? Id, string? WrittenId, TokenEstimationTarget Target);
