namespace MeaiBudget;

/// <summary>Options of <see cref="OpenAIChatClientFactory"/>.</summary>
public sealed class OpenAIChatClientOptions : ProviderClientOptions
{
    /// <summary>Gets or sets a value indicating whether the Responses API is used instead of chat completions.</summary>
    /// <value>The default is <see langword="false"/>, because every compatible server supports chat completions.</value>
    public bool UseResponsesApi { get; set; }

    /// <summary>Gets or sets the organization to bill; <see langword="null"/> for the API key's organization.</summary>
    public string? OrganizationId { get; set; }

    /// <summary>Gets or sets the project to bill; <see langword="null"/> for the API key's project.</summary>
    public string? ProjectId { get; set; }
}
