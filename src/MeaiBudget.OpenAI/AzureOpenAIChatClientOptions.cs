using System.ClientModel;

namespace MeaiBudget;

/// <summary>Options of <see cref="AzureOpenAIChatClientFactory"/>. <see cref="ProviderClientOptions.BaseUrl"/> is the resource's endpoint.</summary>
public sealed class AzureOpenAIChatClientOptions : ProviderClientOptions
{
    /// <summary>Gets or sets a value indicating whether the Responses API is used instead of chat completions.</summary>
    /// <value>The default is <see langword="false"/>.</value>
    public bool UseResponsesApi { get; set; }

    /// <summary>Gets or sets a value indicating whether the service stores the answers (<c>store</c>).</summary>
    /// <value>The default, <see langword="null"/>, sends nothing. See <see cref="OpenAIChatClientOptions.StoreResponses"/>.</value>
    public bool? StoreResponses { get; set; }

    /// <summary>Gets or sets the credential, for example <c>new DefaultAzureCredential()</c> of Azure.Identity; <see langword="null"/> to use <see cref="ProviderClientOptions.ApiKey"/>.</summary>
    /// <value>Azure's <c>TokenCredential</c> is of this type. Set either a credential or a key.</value>
    public AuthenticationTokenProvider? Credential { get; set; }

    /// <summary>Gets or sets the scope of the credential's tokens.</summary>
    /// <value>The default is that of the public cloud.</value>
    public string CredentialScope { get; set; } = "https://cognitiveservices.azure.com/.default";

    /// <summary>
    /// Gets the models behind the deployments, by deployment name, for example <c>Deployments["chat-prod"] = "gpt-4.1-mini"</c>. Case is
    /// ignored. Requests name the deployment; prices, tokenizer and limits are those of the model.
    /// </summary>
    /// <value>The default is none: a deployment without an entry is taken for a model of the same name.</value>
    public IDictionary<string, string> Deployments { get; } = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
}
