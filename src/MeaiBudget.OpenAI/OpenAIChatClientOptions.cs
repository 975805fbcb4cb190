namespace MeaiBudget;

/// <summary>Options of <see cref="OpenAIChatClientFactory"/>.</summary>
public sealed class OpenAIChatClientOptions : ProviderClientOptions
{
    /// <summary>Gets or sets a value indicating whether the Responses API is used instead of chat completions.</summary>
    /// <value>The default is <see langword="false"/>, because every compatible server supports chat completions.</value>
    public bool UseResponsesApi { get; set; }

    /// <summary>Gets or sets a value indicating whether OpenAI stores the answers (<c>store</c>).</summary>
    /// <value>
    /// The default, <see langword="null"/>, sends nothing: OpenAI then stores answers of the Responses API for 30 days and those of chat
    /// completions not at all. With <see langword="false"/> the whole conversation is sent in each request of the Responses API, so another
    /// route can take over. A value that the application sets in a raw request takes precedence.
    /// </value>
    public bool? StoreResponses { get; set; }

    /// <summary>Gets or sets the organization to bill; <see langword="null"/> for the API key's organization.</summary>
    public string? OrganizationId { get; set; }

    /// <summary>Gets or sets the project to bill; <see langword="null"/> for the API key's project.</summary>
    public string? ProjectId { get; set; }
}
