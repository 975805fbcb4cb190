namespace MeaiBudget;

/// <summary>One model behind a route.</summary>
/// <param name="Id">The provider's id; null if it is not known.</param>
/// <param name="WrittenId">The id as logs and metrics may name it.</param>
/// <param name="Target">What requests to it are estimated for.</param>
internal sealed record RouteModel(string? Id, string? WrittenId, TokenEstimationTarget Target);
