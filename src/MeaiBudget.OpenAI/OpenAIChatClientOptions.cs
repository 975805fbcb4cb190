namespace MeaiBudget;

/// <summary>How <see cref="OpenAIChatClientFactory"/> makes a client for OpenAI or a server that speaks its protocol.</summary>
public sealed class OpenAIChatClientOptions : ProviderClientOptions
{
    /// <summary>Gets or sets a value indicating whether the Responses API is used instead of chat completions.</summary>
    /// <value>By default <see langword="false"/>: every compatible server knows chat completions.</value>
    public bool UseResponsesApi { get; set; }

    /// <summary>Gets or sets the organization to bill; <see langword="null"/> for the key's own.</summary>
    public string? OrganizationId { get; set; }

    /// <summary>Gets or sets the project to bill; <see langword="null"/> for the key's own.</summary>
    public string? ProjectId { get; set; }
}
