namespace MeaiBudget.Tool;

/// <summary>One model of models.dev.</summary>
internal sealed record ModelsDevModel(string Id, ModelPrice Price, ModelLimits? Limits);
